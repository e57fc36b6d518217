# %% [markdown]
# # Week 2: a computer that tells clothes apart
#
# You will show a small network 60,000 pictures of clothes, let it find out by itself how a sneaker
# differs from a coat, and measure how often it is right on pictures that it has never seen. Then
# you will ask two questions of it that one training cannot answer, and answer them.
#
# You need a little Python and nothing else. Run the cells from top to bottom; all of them
# together take two or three minutes on a laptop's processor. Before each cell stands what to
# expect of it, and after it what to see in it. Each part ends with an exercise.
#
# The first cell says how much is done. Leave it as it is.

# %%
import os

import lenswork as lw

SHORT = os.environ.get("LENSWORK_SHORT") == "1"  # a rehearsal in seconds: its numbers say nothing
CLOTHES = "made-up/clothes" if SHORT else "fashion-mnist"
EPOCHS = 2 if SHORT else 5
PICTURES = 120 if SHORT else 10_000  # of the training pictures, where many networks are trained
SEEDS = 2 if SHORT else 3

# %% [markdown]
# ## 1. The pictures
#
# *Fashion-MNIST* holds 70,000 grey pictures of ten kinds of clothes, 28 by 28 pixels each (Zalando,
# MIT licence). The next cell finds it on this machine, or fetches it once (30 MB).

# %%
data = lw.open_data(CLOTHES)
print(data.describe())

# %% [markdown]
# There are two parts. The network learns from *train*. It never learns from *test*: those pictures
# are for the one question that counts, how it does on pictures that are new to it.
#
# Before anything is trained, look at what there is. Expect four pictures of each class, picked by
# chance.

# %%
lw.draw_pictures(data)

# %% [markdown]
# Could you tell every shirt from every coat? Where you hesitate, the network will too.
#
# To a computer a picture is a table of numbers, 0 for black up to 255 for white. Expect the size of
# one picture (rows, columns, colours), its darkest and lightest number, and a corner of the table.

# %%
picture = data.train.source.read(0)
print(picture.shape, picture.min(), picture.max())
print(picture[8:14, 10:20, 0])

# %% [markdown]
# One picture is 28 x 28 = 784 numbers in one colour, grey.
#
# **Exercise.** Draw other pictures with `lw.draw_pictures(data, seed=1)`. Which two classes would
# you confuse most often? Write them down: in part 2 you will see whether the network agrees.

# %% [markdown]
# ## 2. A network with one hidden layer
#
# The course's first network lays the 784 numbers in a row (*flatten*), lets 128 units look at all
# of them (*dense*), and lets ten units, one a class, look at those 128. The highest of the ten is
# the answer. Here a net is a line of text, and this one has a name too, `dense-128`.
#
# Expect a table with one row a layer. Nothing is trained yet.

# %%
lw.describe("flatten, dense 128, dense classes", (28, 28, 1))

# %% [markdown]
# 784 x 128 weights and 128 biases make 100,480 parameters; 128 x 10 and 10 make 1,290. These
# 101,770 numbers are what training will find.
#
# Training shows the network 32 pictures at a time and moves each number a little, so that the
# answers become less wrong. How wrong they are is called the *loss*. Once through all pictures is
# an *epoch*. `recipe="notes"` trains as the course does (Adam, batches of 32).
#
# Expect a line an epoch, a few seconds each. The loss falls and the accuracy rises, fast at first,
# then slowly.

# %%
run = lw.train(data, net="dense-128", recipe="notes", epochs=EPOCHS)

# %% [markdown]
# Everything about this training is now in the folder `runs`, and `run` is that record. Put by
# itself at the end of a cell it shows its curves.

# %%
run

# %% [markdown]
# The blue curve is measured on training pictures, while the network still learned from them; the
# green one on test pictures, after each epoch. The blue one gets ahead: a part of what was learned
# holds for the training pictures only. Where that goes so far that the test pictures suffer, it is
# called *overfitting*.
#
# How good is it, then? Expect one number and what surrounds it.

# %%
print(run.accuracy())

# %% [markdown]
# The interval says: of all pictures of this kind that there could be, this network would most
# likely get a share right that lies between these two ends. It says nothing of other networks.
#
# Ask about one picture, the first of the test part:

# %%
answer = run.classifier.predict(data.test.source.read(0))[0]
print(answer.class_name, f"{answer.probability:.1%}")

# %% [markdown]
# A class, and how sure the network is; `answer.probabilities` says what it gives to each of the
# ten.
#
# Where does it go wrong? Expect a table: a row for what a picture is, a column for what it was
# taken for. The diagonal is right, everything coloured is wrong.

# %%
lw.draw_confusion(run)

# %% [markdown]
# Now the pictures themselves: of each confused pair those of which the network was surest.

# %%
lw.draw_mistakes(run, 16)

# %% [markdown]
# Some of these you would have got wrong as well.
#
# One thing is left. Training begins with numbers drawn by chance and meets the pictures in an
# order drawn by chance; the *seed* says which. The same training with two other seeds (without
# its lines): what do you expect?

# %%
print("seed 0:", run.accuracy())
for seed in (1, 2):
    again = lw.train(
        data, net="dense-128", recipe="notes", epochs=EPOCHS, seed=seed, progress=False
    )
    print(f"seed {seed}:", again.accuracy())

# %% [markdown]
# Same pictures, same net, same recipe, and three numbers. Whoever changes something else and then
# finds a difference of that size has found nothing. And where two of them lie close together, that
# is luck as well. From here on nothing is called better on the word of one training.
#
# **Exercise.** Train once with `net="dense-512"`, four times as many units. Is it better? By how
# much would it have to be ahead for you to believe it?

# %% [markdown]
# ## 3. What does dividing by 255 do?
#
# The course divides every pixel by 255 before training, so that numbers lie between 0 and 1.
# Lenswork does it unasked (`normalise=True`), and keeps it with the classifier, so that nobody can
# forget it later. Does it matter?
#
# A *study* trains every setting with several seeds and says what follows. To be done in half a
# minute, this one takes 10,000 of the training pictures and three epochs. Expect a line for each of
# the six trainings, in the order in which they end.

# %%
plan = lw.Plan(
    name="week-2-normalise",
    question="What does dividing by 255 do?",
    seeds=SEEDS,
    base={
        "data": CLOTHES,
        "recipe": "notes",
        "net": "dense-128",
        "epochs": 3,
        "train_pictures": PICTURES,
    },
    axes={"normalise": {"divided by 255": True, "not divided": False}},
)
study = lw.run_study(plan)

# %%
lw.summarise(study)

# %% [markdown]
# How to read it: *mean* is over the seeds, *std. dev.* how far the seeds lie apart. Then three
# intervals for the mean: with other seeds on these pictures, with these networks on other
# pictures, and with both new. The last one is the honest one for a recipe. Below stands the
# verdict: *better*, *worse*, or *cannot tell*, and then what would tell.
#
# In the picture each ring is a training; the thick bar is for other seeds, the thin one for new
# pictures as well.
#
# Here it is plain: the rings of the two settings lie far apart. It seldom is, as you will see.
#
# **Exercise.** Give the plan another name and `"epochs": 10`. Does the gap close when both train
# longer? [The notes' questions](../notes.md) has the same on MNIST, epoch by epoch.

# %% [markdown]
# ## 4. Stopping in time
#
# Ten epochs were planned, but a loss of 0.4 would do. The course writes a class for it, a callback.
# Here it is a rule. Expect the training to end by itself, long before epoch 10.

# %%
stopped = lw.train(data, net="dense-128", recipe="notes", epochs=10, stop_when="loss < 0.4")
print(stopped.status, "after", len(stopped.history), "of 10 epochs")

# %% [markdown]
# Each epoch that was not trained is time saved, and the record says why it ended.
#
# The course's callback fails in the middle of a training when it asks for a number that is not
# there. A rule is read before the first picture. Expect a sentence that names the numbers there
# are.

# %%
try:
    lw.train(data, net="dense-128", recipe="notes", stop_when="acc > 0.6")
except lw.LensworkError as error:
    print(error)

# %% [markdown]
# And if your rule is one that nobody has thought of? Training is a loop, so stopping is a `break`.
# `lw.fit` trains without recording anything.

# %%
from lenswork.training.events import EpochDone

recipe = lw.Recipe(data=CLOTHES, net="dense-128", recipe="notes", epochs=EPOCHS)
before = 0.0
for event in lw.fit(recipe, data):
    if isinstance(event, EpochDone):
        accuracy = event.metrics["accuracy"]
        print(f"epoch {event.epoch}: {accuracy:.4f}")
        if accuracy - before < 0.02:
            print("less than 2 points more than before: enough")
            break
        before = accuracy

# %% [markdown]
# By which number should one stop? Not by the test part: whoever stops where the test accuracy is
# highest has chosen by it, and it no longer says how new pictures would fare. Lenswork refuses such
# a rule. For choosing there is a third part, *validation*, cut from the training pictures.
#
# **Exercise.** Cut one with `held = lw.open_data(CLOTHES, validation=0.1)`, and train on `held`
# with `epochs=20, patience=2, keep="best"`: it stops when the validation loss has not fallen for
# two epochs, and keeps the weights of the best one. At which epoch does overfitting begin?

# %% [markdown]
# ## What you have seen
#
# - Pictures are numbers; a net is a line of text; training moves its numbers until the answers fit.
# - An accuracy comes with an interval, and another seed is another network.
# - What is better is a question for several seeds, and a study answers it.
#
# Next: [week 3](week-3.ipynb), where the network finds its own filters. `lenswork quiz` asks you
# about all of it, and `lenswork studio` shows the same in the browser.
