-- One row a run folder; everything here can be read again from the folders.
CREATE TABLE IF NOT EXISTS runs (
    name TEXT PRIMARY KEY,
    stamp TEXT NOT NULL,       -- size and time of history.jsonl when it was read
    row TEXT NOT NULL          -- the run's summary as JSON
);
