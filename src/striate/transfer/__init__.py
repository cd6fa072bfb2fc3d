"""Adapting a pretrained network: cuts, probes and regimes measured on the user's own data, and the receipt that proves it."""
