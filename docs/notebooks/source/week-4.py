# %% [markdown]
# # Week 4: horses or humans
#
# Digits and clothes were prepared for you: small, grey, centred. This week the pictures are large,
# in colour, and lie in folders, as yours would. You will train on them, see how far a number can be
# trusted that was measured on 256 pictures, ask about a picture of your own, see what the network
# looks at, and answer the question that the notes left open: is 150 pixels as good as 300?
#
# Run the cells from top to bottom; all of them together take five to ten minutes on a laptop's
# processor, most of it the last part. The first cell says how much is done. Leave it as it is.

# %%
import os

import lenswork as lw

SHORT = os.environ.get("LENSWORK_SHORT") == "1"  # a rehearsal in seconds: its numbers say nothing
HORSES = "horses-or-humans-150" if SHORT else "horses-or-humans"
LESS = {"train_pictures": 64, "batch": 16} if SHORT else {}
HALF = {"train_pictures": 64, "batch": 16} if SHORT else {"train_pictures": 512, "batch": 32}
EPOCHS, SEEDS = (1, 2) if SHORT else (10, 3)
SIZE, SIZES, SIZE_EPOCHS = ("40", [72, 40], 1) if SHORT else ("150", [300, 150], 6)

# %% [markdown]
# ## 1. Pictures in folders
#
# Laurence Moroney's *Horses or Humans* (CC BY 2.0) has 1,027 training and 256 validation pictures
# of 300 by 300 pixels, all made by a computer. They are labelled by the folder they lie in:
#
# ```
# horse-or-human/
#     train/         horses/  humans/
#     validation/    horses/  humans/
# ```
#
# The next cell finds them, or fetches them once (160 MB). (`"horses-or-humans-150"` is the same at
# half the size, and comes with Lenswork.)

# %%
data = lw.open_data(HORSES)
print(data.describe())

# %% [markdown]
# Look at both parts before you go on. What is the difference?

# %%
lw.draw_pictures(data, "train", each=8)

# %%
lw.draw_pictures(data, "validation", each=8)

# %% [markdown]
# The training pictures stand in scenery, the validation pictures on plain white. So validation asks
# how the network does in *another world* than the one it learns from. Keep that in mind when the
# numbers jump.
#
# The most common mistake with folders is to point at one of the class folders. Expect a sentence
# that says what was found and which path was probably meant.

# %%
try:
    lw.open_data(data.location / "train" / "horses")
except lw.LensworkError as error:
    print(error)

# %% [markdown]
# **Exercise.** Make a folder with one sub-folder a class and twenty photographs in each, and open
# it with `lw.open_data("that-folder")`. How is it cut into parts? `lenswork doctor that-folder`
# says what is wrong with it.

# %% [markdown]
# ## 2. Train, and watch the validation pictures
#
# Three convolutions, each with pooling, and one number at the end: near 0 for a horse, near 1 for a
# human. Expect nearly all of the parameters in one layer.

# %%
lw.describe("horses-150", (150, 150, 3), outputs=1)

# %% [markdown]
# The pictures are brought to 150 by 150. Training is the course's: RMSprop, batches of 128, eight
# batches an epoch. Expect a few seconds an epoch, after the pictures have been decoded once. (The
# times kept here are longer: the machine that ran this notebook did much other work.)

# %%
run = lw.train(data, net="horses-150", recipe="notes", size=SIZE, epochs=EPOCHS, **LESS)

# %%
run

# %% [markdown]
# The training accuracy climbs; the validation accuracy jumps, perhaps by ten points from one epoch
# to the next. That is no fault of the drawing. The network may lean on the scenery, and each epoch
# leans a little otherwise.

# %%
print(run.accuracy())

# %% [markdown]
# With 256 pictures the interval is about ten points wide, and it speaks only of this one network:
# stop an epoch earlier, or begin with another seed, and the number may be far outside it.
#
# **Exercise.** Train with `lw.train(data)` and nothing else: that is the recipe `fast`, at 64
# pixels, with pictures changed by chance, for half a minute. Do it again with `seed=1`. How far
# apart are the two, and how far are both from the run above?

# %% [markdown]
# ## 3. Ask about a picture of your own
#
# `predict` takes a path, or several. Here it is one of the validation files; put your own in its
# place.

# %%
photo = data.location / data.validation.ids[0]
run.classifier.predict(photo)

# %% [markdown]
# The notes' own program forgot one step here: it divided pixels by 255 when training and not when
# predicting. In Lenswork that cannot happen. Size, colours, scaling and the order of the classes
# are part of the classifier, in one file that can be sent to somebody else:

# %%
print(run.classifier)
lw.load(run.classifier_path).predict(photo)

# %% [markdown]
# What would the slip have cost? Expect four pictures as the network should see them, the same as it
# would see them with the step forgotten, and below how many of all answers change.

# %%
lw.draw_forgotten(run, "rescale", [0, 1, 128, 129])

# %% [markdown]
# One more question, which no accuracy answers: what does it say of something that it has never
# seen? Here is the photograph of last week, a man with a camera, in grey.

# %%
from lenswork.look.lab import photograph

run.classifier.predict(photograph())

# %% [markdown]
# Whatever it says, it had to: it knows two words, and it learned them from drawn figures in colour.
# How sure it is says little about pictures unlike those it was trained on.
#
# **Exercise.** Take a photograph of yourself, and one of a horse, or of a chair. What does it say,
# and how sure is it?

# %% [markdown]
# ## 4. What does it look at?
#
# The maps of two horses and a human, channel 1 of each layer, as in week 3:

# %%
lw.draw_maps(run, [0, 23, 128], channel=1)

# %% [markdown]
# Which pixels spoke for the answer? *Grad-CAM* asks the last convolution. Expect the picture, the
# map, and beside it a check: the same map of a network whose weights were drawn anew. If both look
# alike, the map shows the picture and not what was learned.

# %%
lw.draw_attribution(run, [0, 130])

# %% [markdown]
# Read the sentence under each map before you believe its colours.
#
# **Exercise.** `lw.draw_attribution(run, [0, 130], "occlusion")` covers the picture piece by piece
# and watches the answer. Do both methods point at the same place?

# %% [markdown]
# ## 5. 300 pixels or 150?
#
# The notes trained at 300 pixels and again at 150. It was faster, and one picture changed sides:
# a woman seen from behind became a horse. "Does this mean that the training set must be made
# larger?", they ask, and leave it open.
#
# Two things were changed at once, the size *and* the net (two convolutions fewer). And each was
# trained once. So keep them apart, and take several seeds: the large size with its net, the small
# size with the same net, and the small size with a net of its own.

# %%
plan = lw.sizes_plan(
    data, SIZES, recipe="notes", epochs=SIZE_EPOCHS, seeds=SEEDS, name="week-4-sizes", **HALF
)
for setting in plan.settings:
    print(f"{setting.name}: {setting.fields['net']}")

# %% [markdown]
# Nine trainings, short ones: half of the pictures, batches of 32, six epochs. This is the long
# cell all the same: expect a few minutes, and a line whenever a training ends, with the time that
# is left.

# %%
study = lw.run_study(plan)

# %% [markdown]
# (Where the study was carried out before, nothing is trained again and no line is shown.)

# %%
lw.summarise(study)

# %% [markdown]
# Look at how far the rings of one setting lie apart: seeds of the very same program may differ by
# ten points and more. And mind what was asked: half of the pictures, six epochs, three seeds. Read
# each sentence to its end; where it cannot tell, it says how many more seeds would. What is told
# soonest is the time: four times the pixels take about as many times as long. All pictures, eight
# epochs and one size more are another question:
# `lenswork sizes horses-or-humans --sizes 300,150,75 --recipe notes --epochs 8` asks it, and
# [the notes' questions](../notes.md) has its answer.
#
# And the pictures that change sides? Expect those that are right at the large size in most seeds
# and wrong at the small one: above as the large network sees them, below as the small one does.

# %%
lw.draw_lost(study)

# %% [markdown]
# Under each stands in how many seeds it was right; where none is lost, only the counts are shown. A
# single woman seen from behind, in a single pair of trainings, is one seed's word: it says nothing
# of the size, and nothing of the number of pictures. Whether more pictures would help is a question
# of its own, and `lenswork curve horses-or-humans` asks it.
#
# **Exercise.** Give the plan `seeds=6` and run it again; only the missing trainings are done. Which
# verdict changes? And with `SIZE_EPOCHS = 12`, under another name?

# %% [markdown]
# ## What you have seen
#
# - A folder a class is all the labelling there is.
# - A validation part from another world, 256 pictures of it, and one seed: three reasons to say a
#   number with its interval.
# - A classifier that carries its preprocessing cannot be used wrongly.
# - One picture that changes sides is an anecdote; seeds tell what it means.
#
# Before: [week 3](week-3.ipynb). `lenswork quiz` asks you about all three weeks.
