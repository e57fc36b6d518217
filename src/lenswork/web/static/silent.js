// What every page says when nobody answers it.
export const SILENT = "the studio does not answer: see whether lenswork studio still runs, then try again";
