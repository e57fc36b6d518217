"""Pictures in tar shards, local or over HTTP, as WebDataset has them."""
