"""Where the hub keeps what it was told: time series, evidence, records. The only SQL."""
