"""One memory for everything an agent reads, sees and hears: the domain, free of any protocol."""
