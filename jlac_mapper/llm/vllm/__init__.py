"""vLLM in a process beside this one."""
