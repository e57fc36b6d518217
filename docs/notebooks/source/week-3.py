# %% [markdown]
# # Week 3: a network that finds its own filters
#
# Last week's network looked at all 784 pixels at once and had no idea that some of them are
# neighbours. This week it looks through small windows. You will first make such a window by hand,
# then let a network make its own, look at what it has made, and ask how many it needs.
#
# Run the cells from top to bottom; all of them together take about three minutes on a laptop's
# processor. The first cell says how much is done. Leave it as it is.

# %%
import os

import lenswork as lw

SHORT = os.environ.get("LENSWORK_SHORT") == "1"  # a rehearsal in seconds: its numbers say nothing
CLOTHES, DIGITS = ("made-up/clothes", "made-up/digits") if SHORT else ("fashion-mnist", "mnist")
EPOCHS = 1 if SHORT else 2
PICTURES = 120 if SHORT else 5_000  # of the training pictures, where many networks are trained
SEEDS = 2 if SHORT else 3

# %% [markdown]
# ## 1. A filter made by hand
#
# A *filter* is a small table of numbers, here 3 by 3. It is laid on the picture, each number is
# multiplied with the pixel under it, and the nine products are added up: that sum is one pixel of
# the result. Then the filter moves on by one pixel.
#
# This one has -1, -2, -1 at its left and 1, 2, 1 at its right. Where left and right are alike, the
# sum is 0. Expect the photograph, the filter, the result, and the result after *pooling*, which
# keeps the highest of every four pixels.

# %%
lw.draw_filtered("vertical-edges")

# %% [markdown]
# Everything is black but the edges that are dark at left and light at right. The filtered picture
# has lost a pixel at each edge, since the window must lie inside; pooling halves it. Look at
# the numbers on the axes: a quarter of the pixels is left, and the edges are still there.
#
# Any nine numbers are a filter. These are the first that the notes tried; expect edges of every
# direction.

# %%
lw.draw_filtered([[0, 1, 0], [1, -4, 1], [0, 1, 0]])

# %% [markdown]
# **Exercise.** Before you run it: what will `[[1, 1, 1], [1, 1, 1], [1, 1, 1]]` do? And with
# `weight=1 / 9`? Then make one for edges that rise from the lower left to the upper right.
# (`picture="photo.jpg"` takes a photograph of your own, and `lw.draw_filtered("all")` shows it
# under all the filters that have a name.)

# %% [markdown]
# ## 2. Filters that are learned
#
# A *convolution* is a layer of filters whose numbers nobody writes: they are found by training, as
# all other weights are. Expect a table of the course's network with two of them. The last column
# says why each size is what it is.

# %%
data = lw.open_data(CLOTHES)
net = "conv 32, pool, conv 32, pool, flatten, dense 128, dense classes"
lw.describe(net, (28, 28, 1))

# %% [markdown]
# 28 becomes 26: at first that looks like a bug, and it is the window that must lie inside. The
# first layer's 32 filters have 3 x 3 numbers and a bias each, 320 in all. A filter of the second
# layer looks through all 32 maps of the first: 3 x 3 x 32 numbers and a bias, times 32. The
# column *sees* says how many pixels of the picture one number can know of.
#
# Most of the parameters are not in the convolutions at all, but in the dense layer behind them.
#
# Now train it. Expect a few seconds an epoch, more than last week: it has hardly more parameters,
# but each filter is used at hundreds of places. (The times kept here are far longer: the machine
# that ran this notebook did much other work.)

# %%
run = lw.train(data, net=net, recipe="notes", epochs=EPOCHS)

# %%
print(run.accuracy())

# %% [markdown]
# Last week's dense network ended near 87% after five epochs. Here the accuracy is a little higher
# after two; the intervals of the two say how much of that could be luck of the pictures. Whether
# convolutions are better as a recipe is a question for a study, and
# `lenswork study convolutions-or-dense` asks it.
#
# **Exercise.** Take both `pool` out of the line and describe it again. How many parameters are
# there now, in which layer, and why?

# %% [markdown]
# ## 3. Looking inside
#
# What has become of a picture behind each layer? Pictures 0, 23 and 28 of the test part are three
# shoes. Expect a row a picture and a column a layer, always channel 1: what the second filter of
# each layer made of it. Bright is a high answer.

# %%
lw.draw_maps(run, [0, 23, 28], channel=1)

# %% [markdown]
# Three different shoes, and the maps have something in common: the filter answers to one thing,
# such as a sole or an upper edge, wherever that lies. Behind each pooling the map is coarser; in
# the last one hardly a shoe is left to see, and that is the point: what remains is what the
# answer needs. Read the answers under the pictures, too: they need not all be right.
#
# One channel is one of 32. Expect all of them, for the first shoe and the first two layers.

# %%
lw.draw_channels(run, 0, layers=[1, 2])

# %% [markdown]
# Some channels show edges of one direction, some the whole shoe, and some may be black: a filter
# that never answers is *dead*, and is marked.
#
# What is each filter looking for? Expect a row a filter: its numbers (orange above 0, purple below)
# and the nine test pictures' patches that excite it most.

# %%
lw.draw_filters(run, part="test")

# %% [markdown]
# Compare the numbers with what you made by hand in part 1: here and there you will find an edge
# filter that nobody wrote.
#
# And nothing of it is magic. One number of one map, worked out: the window, the filter, the
# products, the sum, the bias. Expect the place where channel 1 answers most.

# %%
lw.draw_value(run, 1, channel=1)

# %% [markdown]
# The last line compares the sum with what the network itself computed.
#
# **Exercise.** Try other channels in `draw_maps`. Find one that answers to the sole of a shoe. Then
# train with `seed=1`: is it the same channel again?

# %% [markdown]
# ## 4. How many filters, how many layers?
#
# The notes asked this, trained each setting once on MNIST's digits (ten epochs), and wrote down:
#
# | convolutions | filters | test accuracy |
# | --- | --- | --- |
# | 2 | 16 | 98.99% |
# | 2 | 32 | 99.22% |
# | 2 | 64 | 99.16% |
# | 1 | 32 | 98.76% |
# | 3 | 32 | 98.51% |
#
# They conclude that 32 filters are best. But the very same program for 2 x 32, run again with four
# other seeds, ended at 98.67%, 98.86%, 98.96% and 99.03%: the seeds lie as far apart as the table's
# rows.
#
# So ask with several seeds. This is a smaller question than the notes', to be done in a minute:
# 5,000 of the 60,000 pictures, two epochs. Expect nine trainings.

# %%
question = {
    "data": DIGITS,
    "recipe": "notes",
    "epochs": 2,
    "train_pictures": PICTURES,
}
filters = lw.Plan(
    name="week-3-filters",
    question="How many filters?",
    seeds=SEEDS,
    base={
        **question,
        "net": "conv {filters}, pool, conv {filters}, pool, flatten, dense 128, dense classes",
    },
    axes={"filters": {"16 filters": 16, "32 filters": 32, "64 filters": 64}},
)
lw.summarise(lw.run_study(filters))

# %% [markdown]
# Read the sentences, not the means. Where it says *cannot tell*, it also says what would: so many
# more seeds, or more test pictures than there are. And mind the column *training*: what a setting
# costs is known far better than what it is worth.
#
# The same for one, two and three convolutions. (Trainings that another study has done already, here
# 32 filters, are taken over.)

# %%
depth = lw.Plan(
    name="week-3-depth",
    question="How many convolutions?",
    seeds=SEEDS,
    base=question,
    axes={
        "net": {
            "1 convolution": "conv-32x1",
            "2 convolutions": "conv-32x2",
            "3 convolutions": "conv-32x3",
        }
    },
)
lw.summarise(lw.run_study(depth))

# %% [markdown]
# With so little training this is not yet the notes' question. All 60,000 pictures, ten epochs and
# five seeds take an hour on two cores: `lenswork study filters` and `lenswork study depth`, whose
# verdicts stand in [the notes' questions](../notes.md).
#
# **Exercise.** Give the first plan `seeds=6` and run the cell again: only the missing trainings are
# done. Did a verdict change? Which sentence foretold it?

# %% [markdown]
# ## What you have seen
#
# - A filter is a table of numbers; a convolution is a layer of filters that training finds.
# - Pooling keeps what matters of a map and throws places away.
# - Everything inside a network can be looked at, down to one sum.
# - A table of single trainings ranks luck as much as settings.
#
# Before: [week 2](week-2.ipynb). Next: [week 4](week-4.ipynb), photographs from folders.
