"""Reading promises and clocks."""
