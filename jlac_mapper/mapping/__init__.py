"""The main job, one stage a file; `pipeline` alone knows their order."""
