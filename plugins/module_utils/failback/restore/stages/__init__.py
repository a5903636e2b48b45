"""The stages of a restore, in their order: schema, data, indexes, foreign_keys, programs, finish."""
