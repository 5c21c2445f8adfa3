"""Jacobians from their structure: the order of a product, the elimination of nodes, the pattern of zeros."""
