"""What `tools.mutants` is made of: changes of meaning in a module, the tests that meet them, the changes that change nothing."""
