struct csv_reader {
	bool skip_common_name;
};

void open_list(struct csv_reader *reader)
{
	reader->skip_common_name = true;
}
