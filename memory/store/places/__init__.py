"""Where a store lies: in a folder, or in a bucket that several machines share."""
