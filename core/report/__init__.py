"""Reports: one HTML file of a recording or of many, with pictures and sounds inside."""
