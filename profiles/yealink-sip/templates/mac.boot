#!version:1.0.0.1
## Ringback, {{ stamp }}
overwrite_mode = 1
include:config "ringback-{{ mac_lower }}.cfg"
