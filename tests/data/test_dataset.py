"""What a data set says of itself."""

from tiny_data import striped_data


def test_data_say_in_a_line_what_they_are_however_many_pictures_they_have() -> None:
    data = striped_data(train=6000)
    assert repr(data) == "Dataset(stripes: 3 classes, 6,000 train, 30 validation)"
    assert repr(data.train) == "Part(6,000 pictures)"
