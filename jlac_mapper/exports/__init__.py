"""What leaves review as a file: for laboratory systems, terminology servers, the hospital, training."""
