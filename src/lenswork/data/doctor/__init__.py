"""The doctor: what is wrong with the data, before an hour is lost to it."""
