# SPDX-License-Identifier: GPL-2.0 OR MIT
# Built by: make -C Documentation
project = "zmem"
author = "The zmem authors"
copyright = author
release = version = "0.1.0"
extensions = []
exclude_patterns = ["_build", "ABI", "man"]
html_theme = "alabaster"
html_theme_options = {"page_width": "1000px"}
html_copy_source = False
smartquotes = False
