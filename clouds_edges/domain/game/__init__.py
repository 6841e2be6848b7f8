"""One game of Dots and Boxes, from its start to its end."""
