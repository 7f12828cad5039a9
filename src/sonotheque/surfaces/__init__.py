"""Where people and programs meet the library: thin layers that parse, call the facade and render."""
