"""The quiz of the course's notes, each question answered by the reader's own network."""
