"""Language models behind the port `ChoiceModel`, with the texts that they read."""
