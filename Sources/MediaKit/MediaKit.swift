// The files of this target come with the next commits.
