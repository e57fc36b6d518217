"""Many trainings, planned, run, and weighed against each other."""
