"""Review: what people decide about rows that the mapper did not accept. Start reading at `service.py`."""
