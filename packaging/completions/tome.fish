# Completion of tome(1) for fish. Belongs in a vendor_completions.d folder.

set -l verbs info slice find put append resize bench help
complete -c tome -n "not __fish_seen_subcommand_from $verbs" -f
complete -c tome -n "not __fish_seen_subcommand_from $verbs" -s h -l help -d 'List the verbs'
complete -c tome -n "not __fish_seen_subcommand_from $verbs" -l version -d 'Print the version'
complete -c tome -n "not __fish_seen_subcommand_from $verbs" -a info -d 'What a file is made of'
complete -c tome -n "not __fish_seen_subcommand_from $verbs" -a slice -d 'Write bytes to standard output'
complete -c tome -n "not __fish_seen_subcommand_from $verbs" -a find -d 'Print where a byte string occurs'
complete -c tome -n "not __fish_seen_subcommand_from $verbs" -a put -d 'Write bytes into a file'
complete -c tome -n "not __fish_seen_subcommand_from $verbs" -a append -d 'Add bytes to the end'
complete -c tome -n "not __fish_seen_subcommand_from $verbs" -a resize -d 'Change the length'
complete -c tome -n "not __fish_seen_subcommand_from $verbs" -a bench -d 'Compare ways of reading'
complete -c tome -n "not __fish_seen_subcommand_from $verbs" -a help -d 'Describe a verb'

complete -c tome -n "__fish_seen_subcommand_from $verbs" -F
complete -c tome -n "__fish_seen_subcommand_from help" -f -a 'info slice find put append resize bench'
complete -c tome -n "__fish_seen_subcommand_from $verbs" -s h -l help -d 'Describe the verb'
complete -c tome -n "__fish_seen_subcommand_from info" -l json -d 'Print JSON'
complete -c tome -n "__fish_seen_subcommand_from slice" -l hex -d 'Draw a hex dump'
complete -c tome -n "__fish_seen_subcommand_from find" -s c -l count -d 'Print only how many'
complete -c tome -n "__fish_seen_subcommand_from find" -s m -l max-count -x -d 'Stop after this many'
complete -c tome -n "__fish_seen_subcommand_from find" -l last -d 'Print only the last one'
complete -c tome -n "__fish_seen_subcommand_from find" -l from -x -d 'Matches that begin here or behind'
complete -c tome -n "__fish_seen_subcommand_from find" -l to -x -d 'Matches that end here or before'
complete -c tome -n "__fish_seen_subcommand_from find" -l hex -d 'PATTERN is hexadecimal digits'
complete -c tome -n "__fish_seen_subcommand_from put" -l hex -d 'DATA is hexadecimal digits'
complete -c tome -n "__fish_seen_subcommand_from put" -l grow -d 'The file may grow'
complete -c tome -n "__fish_seen_subcommand_from put" -l create -d 'Create a missing file'
complete -c tome -n "__fish_seen_subcommand_from append" -l hex -d 'DATA is hexadecimal digits'
complete -c tome -n "__fish_seen_subcommand_from append resize" -l create -d 'Create a missing file'
complete -c tome -n "__fish_seen_subcommand_from bench" -l reads -x -d 'How many pieces'
complete -c tome -n "__fish_seen_subcommand_from bench" -l length -x -d 'How long each is'
complete -c tome -n "__fish_seen_subcommand_from bench" -l json -d 'Print JSON'
