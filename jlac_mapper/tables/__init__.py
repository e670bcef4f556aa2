"""Tables of hospitals: sources, headings, sinks, the guard against formulas, the run itself."""
