"""Work of millions of inputs: in shards that know nothing of each other, in files that are gone on with, merged."""
