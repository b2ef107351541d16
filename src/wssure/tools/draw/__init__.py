"""Draw connections: timings, the ladder of both ends as text and SVG, two ClientHellos side by side."""
