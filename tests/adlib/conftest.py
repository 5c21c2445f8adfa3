"""Says at the end how many derivatives were compared."""


def pytest_terminal_summary(terminalreporter):
    from tests.adlib.oracles import CHECKS

    if CHECKS:
        counts = ", ".join(f"{kind} {count}" for kind, count in sorted(CHECKS.items()))
        terminalreporter.write_line(f"adlib: derivatives compared: {counts}")
