"""What reports and cards are made with: one plotter and one template engine (the extra `report`)."""
