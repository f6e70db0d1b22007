"""Reports: one HTML file of a clip or of many, with pictures and sounds inside."""
