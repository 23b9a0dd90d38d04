"""Public conformance suites and fixtures: subclass one and a new plug-in gets all its tests."""
