# Completion of tome(1) for bash. Read by bash-completion, or with: source tome.bash

_tome_options() {
  case $1 in
    info) echo "--map --watch --svg= --json --color= -h --help" ;;
    slice) echo "--hex -h --help" ;;
    read) echo "--at= --length= --hex --json -h --help" ;;
    find)
      echo "-e --pattern= --regex --hex -i --ignore-case -c --count -m --max-count= --last --from= --to= \
        --slice --json -h --help" ;;
    grep)
      echo "-E --extended-regexp -F --fixed-strings -e --regexp= -f --file= -i --ignore-case -v \
        --invert-match -w --word-regexp -x --line-regexp -c --count -l --files-with-matches -L \
        --files-without-match -q --quiet -o --only-matching -m --max-count= -n --line-number -b \
        --byte-offset -H --with-filename -h --no-filename -Z --null -s --no-messages -A --after-context= \
        -B --before-context= -C --context= --color= --json --line-buffered --help" ;;
    between)
      echo "-c --count --from= --to= --key= --column= --separator= --time-format= --utc --zone= --slack= \
        --now= --json -h --help" ;;
    tail) echo "-n --lines= -c --bytes= -f --follow -F --retry -q --quiet -v --verbose -h --help" ;;
    lines) echo "-c --count --index -z --null-data --json -h --help" ;;
    put) echo "--hex --grow --create -h --help" ;;
    append) echo "--hex --create -h --help" ;;
    resize) echo "--create -h --help" ;;
    warm | lock) echo "--from= --to= --rate= -q --quiet --json -h --help" ;;
    evict) echo "--from= --to= -q --quiet --json -h --help" ;;
    bench) echo "--reads= --length= --runs= --limit= --json --svg= -h --help" ;;
    help) echo "info slice read find grep lines between tail put append resize warm evict lock bench" ;;
    *) echo "info slice read find grep lines between tail put append resize warm evict lock bench help -h --help --version" ;;
  esac
}

_tome() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} verb=
  COMPREPLY=()
  ((COMP_CWORD > 1)) && verb=${COMP_WORDS[1]}
  # What stands behind one of these is a number.
  case $verb:$before in
    read:--at | bench:--runs | bench:--limit) return ;;
    *:-m | *:--max-count | *:--from | *:--to | *:--rate | *:--reads | *:--length | *:=) return ;;
    find:-e | find:--pattern) return ;;
    grep:-[ABCe] | grep:--after-context | grep:--before-context | grep:--context | grep:--regexp) return ;;
    between:--key | between:--column | between:--separator | between:--time-format) return ;;
    between:--zone | between:--slack | between:--now) return ;;
    tail:-[nc] | tail:--lines | tail:--bytes) return ;;
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
