# Completion of tome(1) for bash. Read by bash-completion, or with: source tome.bash

_tome_options() {
  case $1 in
    info) echo "--json -h --help" ;;
    slice) echo "--hex -h --help" ;;
    find) echo "-c --count -m --max-count= --last --from= --to= --hex -h --help" ;;
    put) echo "--hex --grow --create -h --help" ;;
    append) echo "--hex --create -h --help" ;;
    resize) echo "--create -h --help" ;;
    bench) echo "--reads= --length= --json -h --help" ;;
    help) echo "info slice find put append resize bench" ;;
    *) echo "info slice find put append resize bench help -h --help --version" ;;
  esac
}

_tome() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} verb=
  COMPREPLY=()
  ((COMP_CWORD > 1)) && verb=${COMP_WORDS[1]}
  # What stands behind one of these is a number.
  case $before in
    -m | --max-count | --from | --to | --reads | --length | =) return ;;
  esac
  if [[ -z $verb || $verb == help || $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_tome_options "$verb")" -- "$word")
    [[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace 2>/dev/null
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
    compopt -o filenames 2>/dev/null
  fi
}

complete -F _tome tome
