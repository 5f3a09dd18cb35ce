;;; emacs.el --- What Emacs makes of the corpus  -*- lexical-binding: t -*-

;; Called by `regenerate', in one batch process for all files:
;;
;;   emacs --batch -Q -l emacs.el -- ORG-FOLDER OUT-FOLDER [CHECK-VERSION-FILE]
;;
;; For each ORG-FOLDER/**/*.org it writes into OUT-FOLDER, under the same path,
;;
;;   .html   the body that ox-html exports, or a comment that says which error it raised
;;   .json   the parse of org-element, byte positions counted from 0
;;
;; and a VERSION.  With CHECK-VERSION-FILE it stops with status 69 where that
;; file names other versions than these.
;;
;; Nothing in a document is evaluated, and nothing depends on the machine.

(require 'org)
(require 'org-element)
(require 'org-id)                       ; else `id:' is a link from the first file on that happens to load it
(require 'org-inlinetask)
(require 'oc)
(require 'oc-basic)
(require 'ox-html)
(require 'json)

;;; Settings

(set-language-environment "UTF-8")
(set-time-zone-rule "UTC0")
(setq user-full-name "Ada Example"
      user-mail-address "ada@example.org"
      system-time-locale "C"
      gc-cons-threshold (* 256 1024 1024)
      create-lockfiles nil
      make-backup-files nil
      enable-local-variables nil
      enable-dir-local-variables nil
      org-element-use-cache nil
      org-inhibit-startup t
      org-export-allow-bind-keywords nil
      org-export-use-babel t
      org-confirm-babel-evaluate t
      org-export-with-broken-links 'mark
      ;; A fragment has no table of contents unless the document asks for one.
      org-export-with-toc nil
      org-html-htmlize-output-type nil)

;; Never by default; below for those that ask for it all the same.
(dolist (defaults '(org-babel-default-header-args org-babel-default-inline-header-args))
  (set defaults (cons '(:eval . "never-export") (assq-delete-all :eval (symbol-value defaults)))))
(advice-add 'org-babel-check-confirm-evaluate :override #'ignore)
;; Values that look like Lisp stay text.
(advice-add 'org-babel-read :filter-args (lambda (args) (list (car args) t)))
;; A macro that is a program gives nothing.
(advice-add 'org-macro--collect-macros :filter-return
            (lambda (macros)
              (mapcar (lambda (macro)
                        (if (and (not (equal (car macro) "date"))
                                 (stringp (cdr macro))
                                 (string-match-p "\\`(eval\\>" (cdr macro)))
                            (cons (car macro) "")
                          macro))
                      macros)))

;; Processors of citations are made to be chosen. Those that Org has read a bibliography, which
;; the kernel, reading no file, has not: this one shows keys with what stands around them.
(defun corpus-citation (citation _style _backend info)
  (let ((part (lambda (property element)
                (org-export-data (org-element-property property element) info))))
    (concat "("
            (funcall part :prefix citation)
            (mapconcat (lambda (reference)
                         (concat (funcall part :prefix reference)
                                 (org-element-property :key reference)
                                 (funcall part :suffix reference)))
                       (org-cite-get-references citation)
                       "; ")
            (funcall part :suffix citation)
            ")")))
(org-cite-register-processor 'keys :export-citation #'corpus-citation)
(setq org-cite-export-processors '((t keys)))

;; What is empty leaves nothing on the page, where ox-html writes the word nil.
(dolist (transcoder '(org-html-center-block org-html-drawer org-html-dynamic-block org-html-inlinetask
                      org-html-quote-block org-html-special-block org-html-subscript
                      org-html-superscript org-html-verse-block))
  (advice-add transcoder :filter-args
              (lambda (args) (cons (car args) (cons (or (cadr args) "") (cddr args))))))
(advice-add 'org-html-clock :filter-return
            (lambda (html) (replace-regexp-in-string "</span> ?nil" "</span>" html)))

(advice-add 'org-html-paragraph :around
            (lambda (transcode paragraph contents &rest others)
              (if (string-blank-p (buffer-substring (org-element-property :contents-begin paragraph)
                                                    (org-element-property :contents-end paragraph)))
                  ""
                (apply transcode paragraph contents others))))

;; References are counted, where Org draws lots.
(defvar corpus-references 0)
(advice-add 'org-export-new-reference :override
            (lambda (_) (setq corpus-references (1+ corpus-references))))

;;; The files

(defvar corpus-dos nil "Whether the file's lines end in CR LF, which Emacs reads as LF.")
(defvar corpus-bom 0 "Bytes of the file before what is in the buffer.")

(defun corpus-insert (file)
  "Insert FILE and remember what Emacs took off it."
  (let ((coding-system-for-read 'utf-8))
    (insert-file-contents file))
  (setq corpus-dos (eq 1 (coding-system-eol-type last-coding-system-used))
        corpus-bom 0)
  (goto-char (point-min))
  (when (eq (char-after) #xfeff)
    (delete-char 1)
    (setq corpus-bom 3)))

(defun corpus-line (position) (line-number-at-pos position t))

(defun corpus-byte (position)
  "The byte of the file at which POSITION is."
  (+ corpus-bom
     (1- (position-bytes position))
     (if corpus-dos (1- (corpus-line position)) 0)))

(defun corpus-write (file text)
  (make-directory (file-name-directory file) t)
  (let ((coding-system-for-write 'utf-8-unix))
    (write-region text nil file nil 'silent)))

;;; HTML

(defun corpus-html (file)
  "What ox-html makes of FILE, and whether that is an error."
  (with-temp-buffer
    (setq default-directory (file-name-directory file))
    (corpus-insert file)
    (random "seed")
    (setq corpus-references 0)
    (condition-case problem
        (progn
          (org-mode)
          (cons (org-export-as 'html nil nil t) nil))
      (error
       ;; Without the folders of this machine.
       (let ((text (replace-regexp-in-string "/[^ ]*/" "" (error-message-string problem))))
         (cons (format "<!-- error: %s -->\n" (replace-regexp-in-string "--+" "-" text)) t))))))

;;; The parse, as JSON

(defun corpus-string (text)
  (and text (substring-no-properties (if (stringp text) text (format "%s" text)))))

(defun corpus-value (value)
  "VALUE as `json-serialize' takes it."
  (cond ((null value) :null)
        ((eq value t) t)
        ((stringp value) (substring-no-properties value))
        ((numberp value) value)
        ((symbolp value) (if (keywordp value) value (symbol-name value)))
        ((vectorp value) (vconcat (mapcar #'corpus-value value)))
        ;; A list of pairs with symbols is an object, every other one an array.
        ((and (consp (car value)) (symbolp (caar value)) (caar value))
         (mapcar (lambda (pair) (cons (car pair) (corpus-value (cdr pair)))) value))
        (t (vconcat (mapcar #'corpus-value value)))))

(defun corpus-bool (value) (if value t :false))
(defun corpus-list (values) (vconcat (mapcar #'corpus-value values)))

(defun corpus-get (node &rest keys)
  (mapcar (lambda (key)
            (cons (intern (substring (symbol-name key) 1))
                  (let ((value (org-element-property key node)))
                    (if (symbolp value) (and value (symbol-name value)) value))))
          keys))

(defun corpus-start (node)
  "The first byte of NODE itself, behind its affiliated keywords."
  (or (org-element-property :post-affiliated node) (org-element-property :begin node)))

(defun corpus-place (node)
  (let ((start (corpus-start node)))
    (list (cons 'begin (corpus-byte start)) (cons 'line (corpus-line start)))))

(defun corpus-end (node)
  "The end of NODE: of an object without the blanks behind it."
  (- (org-element-property :end node)
     (if (memq (org-element-type node) org-element-all-objects)
         (or (org-element-property :post-blank node) 0)
       0)))

(defun corpus-span (node)
  (append (corpus-place node) (list (cons 'end (corpus-byte (corpus-end node))))))

(defun corpus-contents (node)
  (let ((begin (org-element-property :contents-begin node))
        (end (org-element-property :contents-end node)))
    (and begin (buffer-substring-no-properties begin end))))

(defun corpus-raw (timestamp)
  (and timestamp (org-element-property :raw-value timestamp)))

(defun corpus-heading (node)
  "The headline or inline task NODE."
  (let ((section (car (org-element-contents node)))
        planning)
    (when section
      (setq planning
            (if (eq (org-element-type section) 'planning)
                section
              (seq-find (lambda (child) (eq (org-element-type child) 'planning))
                        (org-element-contents section)))))
    (append
     (corpus-span node)
     (list (cons 'inlinetask (corpus-bool (eq (org-element-type node) 'inlinetask)))
           (cons 'level (org-element-property :level node))
           (cons 'title (org-element-property :raw-value node))
           (cons 'todo (org-element-property :todo-keyword node))
           (cons 'todoType (org-element-property :todo-type node))
           (cons 'priority (let ((char (org-element-property :priority node))) (and char (string char))))
           (cons 'tags (corpus-list (org-element-property :tags node)))
           (cons 'commented (corpus-bool (org-element-property :commentedp node)))
           (cons 'archived (corpus-bool (org-element-property :archivedp node)))
           (cons 'footnoteSection (corpus-bool (org-element-property :footnote-section-p node)))
           (cons 'scheduled (corpus-raw (and planning (org-element-property :scheduled planning))))
           (cons 'deadline (corpus-raw (and planning (org-element-property :deadline planning))))
           (cons 'closed (corpus-raw (and planning (org-element-property :closed planning))))))))

(defun corpus-parent-heading (node)
  (let ((parent (org-element-property :parent node)))
    (while (and parent (not (memq (org-element-type parent) '(headline inlinetask))))
      (setq parent (org-element-property :parent parent)))
    parent))

(defun corpus-properties (node)
  "The property drawer NODE."
  (let ((heading (corpus-parent-heading node)))
    (append
     (corpus-place node)
     (list (cons 'heading (and heading (corpus-byte (org-element-property :begin heading))))
           (cons 'pairs
                 (vconcat
                  (delq nil
                        (mapcar (lambda (child)
                                  (and (eq (org-element-type child) 'node-property)
                                       (vector (corpus-value (org-element-property :key child))
                                               (or (corpus-string (org-element-property :value child)) ""))))
                                (org-element-contents node)))))))))

(defun corpus-arguments (node)
  "The header arguments in force for the source block NODE, Org's own defaults left out."
  (let ((org-babel-default-header-args nil)
        (org-babel-default-header-args:emacs-lisp nil))
    (save-excursion
      (goto-char (org-element-property :begin node))
      (mapcar (lambda (pair)
                (vector (substring (symbol-name (car pair)) 1)
                        (if (cdr pair) (corpus-string (format "%s" (cdr pair))) "")))
              (nth 2 (org-babel-get-src-block-info 'light node))))))

(defun corpus-block (node)
  (append
   (corpus-span node)
   (list (cons 'type (symbol-name (org-element-type node)))
         (cons 'name (org-element-property :name node)))
   (pcase (org-element-type node)
     ('src-block
      (append (corpus-get node :language :switches :parameters :value)
              (list (cons 'header (corpus-list (org-element-property :header node)))
                    (cons 'arguments (vconcat (corpus-arguments node))))))
     ('example-block (corpus-get node :switches :value))
     ('export-block (cons (cons 'backend (org-element-property :type node)) (corpus-get node :value)))
     ('comment-block (corpus-get node :value))
     ('special-block (list (cons 'kind (org-element-property :type node))))
     ('dynamic-block
      (list (cons 'kind (org-element-property :block-name node))
            (cons 'parameters (org-element-property :arguments node)))))))

(defun corpus-table (node)
  (append
   (corpus-place node)
   (list (cons 'type (symbol-name (org-element-property :type node)))
         (cons 'name (org-element-property :name node)))
   (if (eq (org-element-property :type node) 'table.el)
       (list (cons 'value (org-element-property :value node)))
     (list (cons 'formulas (corpus-list (org-element-property :tblfm node)))
           (cons 'rows
                 (vconcat
                  (mapcar (lambda (row)
                            (if (eq (org-element-property :type row) 'rule)
                                "rule"
                              (vconcat (mapcar (lambda (cell) (or (corpus-contents cell) ""))
                                               (org-element-contents row)))))
                          (org-element-contents node))))))))

(defun corpus-depth (node types)
  "How many nodes of TYPES are around NODE."
  (let ((depth 0) (parent node))
    (while (setq parent (org-element-property :parent parent))
      (when (memq (org-element-type parent) types)
        (setq depth (1+ depth))))
    depth))

(defun corpus-item (node)
  (append
   (corpus-span node)
   (list (cons 'bullet (org-element-property :bullet node))
         (cons 'counter (org-element-property :counter node))
         (cons 'checkbox (let ((box (org-element-property :checkbox node))) (and box (symbol-name box))))
         (cons 'tag (and (org-element-property :tag node)
                         (save-excursion
                           (goto-char (org-element-property :begin node))
                           (looking-at org-list-full-item-re)
                           (match-string-no-properties 4)))))))

(defun corpus-plain-list (node)
  (append
   (corpus-span node)
   (list (cons 'type (symbol-name (org-element-property :type node)))
         (cons 'depth (corpus-depth node '(plain-list)))
         (cons 'items (vconcat (mapcar (lambda (item) (corpus-value (corpus-item item)))
                                       (org-element-contents node)))))))

(defun corpus-written (link)
  "The path of the bracket LINK as it stands in the file, abbreviations and escapes included."
  (and (eq (org-element-property :format link) 'bracket)
       (save-excursion
         (goto-char (org-element-property :begin link))
         (and (looking-at org-link-bracket-re) (match-string-no-properties 1)))))

(defun corpus-link (node)
  (append (corpus-span node)
          (list (cons 'written (corpus-written node)))
          (corpus-get node :type :path :raw-link :format :search-option :application)
          (list (cons 'contents (corpus-contents node)))))

(defconst corpus-kinds
  ;; What the file says, the types it is about, and how one is written.
  `((headlines (headline inlinetask) corpus-heading)
    (properties (property-drawer) corpus-properties)
    (drawers (drawer) ,(lambda (node) (append (corpus-span node) (list (cons 'name (org-element-property :drawer-name node))))))
    (blocks (src-block example-block export-block comment-block special-block dynamic-block
                       quote-block center-block verse-block)
            corpus-block)
    (keywords (keyword) ,(lambda (node) (append (corpus-place node) (corpus-get node :key :value))))
    (calls (babel-call inline-babel-call)
           ,(lambda (node)
              (append (corpus-span node)
                      (list (cons 'inline (corpus-bool (eq (org-element-type node) 'inline-babel-call))))
                      (corpus-get node :call :inside-header :arguments :end-header))))
    (sources (inline-src-block)
             ,(lambda (node) (append (corpus-span node) (corpus-get node :language :parameters :value))))
    (tables (table) corpus-table)
    (lists (plain-list) corpus-plain-list)
    (fixed (fixed-width) ,(lambda (node) (append (corpus-place node) (corpus-get node :value))))
    (footnotes (footnote-definition) ,(lambda (node) (append (corpus-span node) (corpus-get node :label))))
    (notes (footnote-reference) ,(lambda (node) (append (corpus-span node) (corpus-get node :label :type))))
    (links (link) corpus-link)
    (timestamps (timestamp) ,(lambda (node) (append (corpus-span node) (corpus-get node :type :raw-value))))
    (clocks (clock)
            ,(lambda (node)
               (append (corpus-span node)
                       (list (cons 'value (corpus-raw (org-element-property :value node))))
                       (corpus-get node :status :duration))))
    (citations (citation) ,(lambda (node)
                             (append (corpus-span node)
                                     (corpus-get node :style)
                                     (list (cons 'keys
                                                 (corpus-list
                                                  (org-element-map node 'citation-reference
                                                    (lambda (reference) (org-element-property :key reference)))))))))
    (macros (macro) ,(lambda (node)
                       (append (corpus-span node) (corpus-get node :key)
                               (list (cons 'args (corpus-list (org-element-property :args node)))))))
    (targets (target radio-target) ,(lambda (node)
                                      (append (corpus-span node)
                                              (list (cons 'radio (corpus-bool (eq (org-element-type node) 'radio-target))))
                                              (corpus-get node :value))))
    (entities (entity) ,(lambda (node) (append (corpus-span node) (corpus-get node :name)
                                               (list (cons 'brackets (corpus-bool (org-element-property :use-brackets-p node)))))))
    (fragments (latex-fragment latex-environment)
               ,(lambda (node) (append (corpus-span node) (list (cons 'type (symbol-name (org-element-type node))))
                                       (corpus-get node :value))))
    (cookies (statistics-cookie) ,(lambda (node) (append (corpus-span node) (corpus-get node :value))))
    (snippets (export-snippet) ,(lambda (node) (append (corpus-span node) (corpus-get node :back-end :value))))
    (markup (bold italic underline strike-through code verbatim superscript subscript)
            ,(lambda (node)
               (append (corpus-span node)
                       (list (cons 'type (symbol-name (org-element-type node))))))))
  "The lists of the JSON.")

(defun corpus-outline (tree)
  "Every element of TREE: its type, first byte behind affiliated keywords, end and depth."
  (org-element-map tree org-element-all-elements
    (lambda (node)
      (vector (symbol-name (org-element-type node))
              (corpus-byte (corpus-start node))
              (corpus-byte (org-element-property :end node))
              (corpus-depth node org-element-all-elements)))))

(defun corpus-lines (name objects)
  "The list NAME of serialized OBJECTS, each on a line of its own."
  (concat (json-serialize name) ":["
          (if objects (concat "\n" (mapconcat #'identity objects ",\n") "\n") "")
          "]"))

(defun corpus-wrapped (objects)
  "Serialized OBJECTS, some on each line."
  (let (lines (line nil) (width 0))
    (dolist (object objects)
      (push object line)
      (setq width (+ width (length object)))
      (when (> width 100)
        (push (mapconcat #'identity (nreverse line) ",") lines)
        (setq line nil width 0)))
    (when line (push (mapconcat #'identity (nreverse line) ",") lines))
    (nreverse lines)))

(defun corpus-json (file)
  (with-temp-buffer
    (setq default-directory (file-name-directory file))
    (corpus-insert file)
    (org-mode)
    (let* ((tree (org-element-parse-buffer))
           (lists
            (mapcar
             (lambda (kind)
               (pcase-let ((`(,name ,types ,write) kind))
                 (let ((nodes (org-element-map tree types #'identity nil nil nil t)))
                   (and nodes
                        (corpus-lines
                         (symbol-name name)
                         (mapcar (lambda (node)
                                   (json-serialize (corpus-value (funcall write node)) :null-object :null :false-object :false))
                                 (seq-sort-by #'corpus-start #'< nodes)))))))
             corpus-kinds)))
      (concat "{"
              (mapconcat #'identity
                         (append (delq nil lists)
                                 (list (corpus-lines "outline" (corpus-wrapped (mapcar #'json-serialize (corpus-outline tree))))))
                         ",\n")
              "}\n"))))

;;; The run

(defun corpus-version ()
  (format "Emacs %s, Org %s\n" emacs-version (org-version)))

(defun corpus-run (from to &optional version)
  (when (and version (file-exists-p version)
             (not (equal (corpus-version)
                         (with-temp-buffer (insert-file-contents version) (buffer-string)))))
    (message "corpus: here is %scorpus: skipped" (corpus-version))
    (kill-emacs 69))
  (let* ((from (file-name-as-directory (expand-file-name from)))
         (to (file-name-as-directory (expand-file-name to)))
         (files (sort (directory-files-recursively from "\\.org\\'") #'string<))
         (count 0) (errors 0) (start (float-time))
         ;; Org's own chatter says nothing about the corpus.
         (say #'message))
    (make-directory to t)
    (corpus-write (expand-file-name "VERSION" to) (corpus-version))
    (dolist (file files)
      (let* ((name (file-name-sans-extension (file-relative-name file from)))
             (html (let ((inhibit-message t)) (corpus-html file)))
             (json (let ((inhibit-message t)) (corpus-json file))))
        (corpus-write (expand-file-name (concat name ".html") to) (car html))
        (corpus-write (expand-file-name (concat name ".json") to) json)
        (setq count (1+ count))
        (when (cdr html)
          (setq errors (1+ errors))
          (funcall say "corpus: %s.org: %s" name (string-trim (car html))))
        (when (zerop (mod count 50))
          (funcall say "corpus: %d of %d" count (length files)))))
    (funcall say "corpus: %d files, %d of which Emacs does not export, in %.1f s"
             count errors (- (float-time) start))))

(pop command-line-args-left)            ; the "--"
(apply #'corpus-run (prog1 command-line-args-left (setq command-line-args-left nil)))
;;; emacs.el ends here
