"""Where rows rest: RocksDB per partition, memory for the past, and the generations of a view."""
