"""What research keeps: a file a subject, as in the other apps."""
