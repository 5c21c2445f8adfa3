"""What an operation on a traced value is: values, levels, the families of rules, and the doors in and out."""
