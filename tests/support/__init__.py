"""What tests are built from: fakes, builders, steps and names that several of them share."""
