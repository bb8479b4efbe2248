"""Starting, watching and stopping what Mainstay runs: the embedded database and its own processes."""
