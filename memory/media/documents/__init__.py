"""Documents with pages, slides, sheets and chapters."""
