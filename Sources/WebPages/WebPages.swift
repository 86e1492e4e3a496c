// WebPages
