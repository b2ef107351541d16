"""Forty endpoints written from RFCs and public bug reports, without a look at the rules that explain them."""
