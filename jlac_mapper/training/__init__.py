"""What made the bundled models and the calibration; a hospital can rerun it on its own confirmed rows."""
