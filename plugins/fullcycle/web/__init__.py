"""What all pages have in common: style, symbols, charts, and how values become HTML."""
