"""The notes' questions, asked again: what `make notes` measures, and the page made of it."""
