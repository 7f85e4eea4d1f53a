/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Completion for shells, made of the tables that parsing and --help use. */
#include <stdio.h>
#include <string.h>

#include "cli/options.h"

static void put_commands(void)
{
    for (size_t i = 0; cli_commands[i] != NULL; i++)
        printf("%s ", cli_commands[i]->name);
    fputs("completion help", stdout);
}

static bool is_short(const struct option_row *row)
{
    return row->id < 256;
}

/* Calls `each` for the options of a command. */
static void each_option(const struct command *command,
                        void (*each)(const struct command *command, const struct option_row *row))
{
    for (const struct option_row *row = cli_options; row->name != NULL; row++)
        if (cli_option_applies(command, row))
            each(command, row);
}

/* bash */

static void bash_word(const struct command *command, const struct option_row *row)
{
    (void)command;
    printf(" --%s", row->name);
    if (is_short(row))
        printf(" -%c", (char)row->id);
}

/* What follows an option that takes an argument. */
static void bash_argument(const struct command *command, const struct option_row *row)
{
    if (row->kind == ARGUMENT_NONE)
        return;
    printf("        '%s --%s'", command->name, row->name);
    if (is_short(row))
        printf("|'%s -%c'", command->name, (char)row->id);
    if (row->kind == ARGUMENT_WORDS)
        printf(") mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$word\"); return ;;\n", row->words);
    else if (row->kind == ARGUMENT_FILE)
        puts(") mapfile -t COMPREPLY < <(compgen -f -- \"$word\"); return ;;");
    else
        puts(") return ;;");
}

static void bash(void)
{
    puts("# bash completion of iotsig; made by: iotsig completion bash\n"
         "_iotsig() {\n"
         "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words=\n"
         "    COMPREPLY=()\n"
         "    if [ \"$word\" = = ]; then word=\n" /* --option=word is three words here */
         "    elif [ \"$before\" = = ]; then before=${COMP_WORDS[COMP_CWORD-2]}\n"
         "    fi\n"
         "    if [ \"$COMP_CWORD\" -eq 1 ] || [ \"$COMP_CWORD ${COMP_WORDS[1]}\" = '2 help' ]; then");
    fputs("        mapfile -t COMPREPLY < <(compgen -W '", stdout);
    put_commands();
    puts("' -- \"$word\")\n"
         "        return\n"
         "    fi\n"
         "    case \"${COMP_WORDS[1]} $before\" in\n"
         "        'completion completion') mapfile -t COMPREPLY < <(compgen -W 'bash zsh fish' -- \"$word\"); return ;;");
    for (size_t i = 0; cli_commands[i] != NULL; i++)
        each_option(cli_commands[i], bash_argument);
    puts("    esac\n"
         "    case ${COMP_WORDS[1]} in");
    for (size_t i = 0; cli_commands[i] != NULL; i++) {
        printf("        %s) words='", cli_commands[i]->name);
        each_option(cli_commands[i], bash_word);
        puts("' ;;");
    }
    puts("    esac\n"
         "    case $word in\n"
         "        -*) mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\") ;;\n"
         "        *) mapfile -t COMPREPLY < <(compgen -f -- \"$word\") ;;\n"
         "    esac\n"
         "}\n"
         "complete -o filenames -F _iotsig iotsig");
}

/* zsh: inside '...', and what _arguments and _describe take for theirs is escaped. */

static void zsh_text(const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr("[]:\\", *text) != NULL)
            putchar('\\');
        if (*text == '\'')
            fputs("'\\'", stdout);
        putchar(*text);
    }
}

static void zsh_option(const struct command *command, const struct option_row *row)
{
    (void)command;
    for (int letter = 0; letter <= (is_short(row) ? 1 : 0); letter++) {
        fputs("                '*", stdout);
        if (letter == 1)
            printf("-%c", (char)row->id);
        else
            printf("--%s", row->name);
        putchar('[');
        zsh_text(row->help);
        putchar(']');
        if (row->kind != ARGUMENT_NONE) {
            putchar(':');
            zsh_text(row->argument);
            putchar(':');
        }
        if (row->kind == ARGUMENT_WORDS)
            printf("(%s)", row->words);
        else if (row->kind == ARGUMENT_FILE)
            fputs("_files", stdout);
        puts("' \\");
    }
}

static void zsh(void)
{
    puts("#compdef iotsig\n"
         "# zsh completion of iotsig; made by: iotsig completion zsh\n"
         "_iotsig() {\n"
         "    local -a commands\n"
         "    commands=(");
    for (size_t i = 0; cli_commands[i] != NULL; i++) {
        printf("        '%s:", cli_commands[i]->name);
        zsh_text(cli_commands[i]->summary);
        puts("'");
    }
    puts("        'completion:print what makes a shell complete all this'\n"
         "        'help:print the help of a command'\n"
         "    )\n"
         "    if (( CURRENT == 2 )); then\n"
         "        _describe command commands\n"
         "        return\n"
         "    fi\n"
         "    local command=$words[2]\n"
         "    shift words\n"
         "    (( CURRENT-- ))\n"
         "    case $command in\n"
         "        completion) _values shell bash zsh fish ;;\n"
         "        help) _describe command commands ;;");
    for (size_t i = 0; cli_commands[i] != NULL; i++) {
        printf("        %s)\n            _arguments \\\n", cli_commands[i]->name);
        each_option(cli_commands[i], zsh_option);
        puts("                '*:input:_files' ;;");
    }
    puts("    esac\n"
         "}\n"
         "_iotsig \"$@\"");
}

/* fish: inside '...', a quote and a backslash are escaped. */

static void fish_text(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\')
            putchar('\\');
        putchar(*text);
    }
}

static void fish_option(const struct command *command, const struct option_row *row)
{
    printf("complete -c iotsig -n '__fish_seen_subcommand_from %s' -l %s", command->name,
           row->name);
    if (is_short(row))
        printf(" -s %c", (char)row->id);
    if (row->kind == ARGUMENT_FILE)
        fputs(" -r -F", stdout);
    else if (row->kind == ARGUMENT_WORDS)
        printf(" -x -a '%s'", row->words);
    else if (row->kind == ARGUMENT_TEXT)
        fputs(" -x", stdout);
    fputs(" -d '", stdout);
    fish_text(row->help);
    puts("'");
}

static void fish(void)
{
    puts("# fish completion of iotsig; made by: iotsig completion fish");
    for (size_t i = 0; cli_commands[i] != NULL; i++) {
        printf("complete -c iotsig -f -n __fish_use_subcommand -a %s -d '", cli_commands[i]->name);
        fish_text(cli_commands[i]->summary);
        puts("'");
    }
    puts("complete -c iotsig -f -n __fish_use_subcommand -a completion -d 'print what makes a shell complete all this'\n"
         "complete -c iotsig -f -n __fish_use_subcommand -a help -d 'print the help of a command'\n"
         "complete -c iotsig -f -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'");
    fputs("complete -c iotsig -f -n '__fish_seen_subcommand_from help' -a '", stdout);
    put_commands();
    puts("'");
    for (size_t i = 0; cli_commands[i] != NULL; i++)
        each_option(cli_commands[i], fish_option);
}

bool cli_complete(const char *shell)
{
    if (strcmp(shell, "bash") == 0)
        bash();
    else if (strcmp(shell, "zsh") == 0)
        zsh();
    else if (strcmp(shell, "fish") == 0)
        fish();
    else
        return false;
    return true;
}
