"""The two modes and what they give together: jvp, vjp, Jacobians, second derivatives, a check."""
