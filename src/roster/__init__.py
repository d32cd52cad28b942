"""Reading and checking .csv, .ods and .xlsx files; writing them."""
