"""Measuring the product on labelled rows, beside simple baselines."""
